"""What makes a test double of the API: its clock, rate limit, faults and journal, and how to set them."""
