"""How results look: pictures, the report, what notebooks show."""
