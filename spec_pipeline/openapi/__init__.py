"""Read OpenAPI documents: parse, validate, follow references, collect parameters."""
