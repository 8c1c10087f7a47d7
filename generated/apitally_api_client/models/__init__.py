"""Contains all the data models used in inputs/outputs"""

from .get_traffic_response import GetTrafficResponse
from .http_validation_error import HTTPValidationError
from .interval import Interval
from .traffic_item import TrafficItem
from .validation_error import ValidationError
from .validation_error_context import ValidationErrorContext

__all__ = (
    "GetTrafficResponse",
    "HTTPValidationError",
    "Interval",
    "TrafficItem",
    "ValidationError",
    "ValidationErrorContext",
)
