"""The promises half: relations between requests and responses that hold for every correct server, whatever its data."""
