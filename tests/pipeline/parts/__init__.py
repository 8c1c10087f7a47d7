"""Parts of documents that the generator writes wrongly, by what is wrong, and neighbours that it writes right."""
