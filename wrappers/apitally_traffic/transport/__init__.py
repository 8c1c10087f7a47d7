"""What stands below the generated functions: the key goes on, answers and failures become typed errors."""
