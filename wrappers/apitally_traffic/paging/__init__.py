"""Pure pagination: which page to ask for next, and when to stop trusting the server. Sends nothing itself."""
