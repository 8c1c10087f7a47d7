"""The transports below the generated client: authentication, rate limiting, retries and error mapping."""
