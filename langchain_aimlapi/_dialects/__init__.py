"""Wire families: choosing one for a model, building requests, reading answers."""
