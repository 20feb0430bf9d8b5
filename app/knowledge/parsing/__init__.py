"""Reading documents that nobody vouches for: every file is parsed in a confined child process."""
