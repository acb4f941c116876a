"""A Report in the formats that people and programs read: one pure function each."""
