"""What the police's own systems say of the calls that they were sent, kept apart from what people do on our screens."""
