"""What lies around the API and makes it a test double: its clock, rate limit, faults and journal, and how to set them."""
