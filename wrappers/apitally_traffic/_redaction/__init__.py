"""Keep the key out of everything that is shown, however a server quotes it."""
