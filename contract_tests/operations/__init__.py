"""The promises of every operation but traffic: of what it returns, nothing is known but what is declared."""
