"""How items that are read below the generated function reach the reader above it.

The function makes the page of a body without items, and keeps what it does not know among the additional properties.
There the items travel.
"""

from apitally_api_client.models import GetTrafficResponse

ITEMS = "items read by apitally_traffic"


def unpack(page: GetTrafficResponse) -> GetTrafficResponse:
    """Put the items into the page where they belong."""
    page.data = page.additional_properties.pop(ITEMS, page.data)
    return page
