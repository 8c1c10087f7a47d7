"""What makes the API a test double: its clock, rate limit, faults and journal, and the routes that control them."""
