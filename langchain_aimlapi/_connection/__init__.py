"""How a front connects: settings, constructor fields, drivers, and carrying out plans."""
