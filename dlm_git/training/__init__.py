"""Which files a document trains on, and which pattern decides."""
