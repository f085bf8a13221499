"""The command line: `main.py` has the commands, the rest what they show and open."""
