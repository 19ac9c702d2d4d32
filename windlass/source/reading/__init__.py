"""What an app's code says of itself, read off its syntax tree: nothing of the app is run or imported."""
