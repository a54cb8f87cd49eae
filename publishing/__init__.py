"""Publishing a trained model: a folder that is a whole Space, and its way to the Hub."""
