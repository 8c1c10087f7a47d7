"""The promises half: relations between requests and answers that hold for every correct server, whatever its data."""
