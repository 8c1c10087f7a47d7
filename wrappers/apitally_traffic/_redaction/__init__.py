"""Remove the key from everything that is shown, however a server quotes it."""
