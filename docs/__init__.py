"""Pages for readers, and the scripts that write those of them that are made out of the code."""
