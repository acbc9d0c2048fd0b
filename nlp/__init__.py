"""German text to ``Analysis``: every judgement about wording is made in this room."""
