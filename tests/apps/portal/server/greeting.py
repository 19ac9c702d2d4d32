WORDS = "from a subfolder\n"
