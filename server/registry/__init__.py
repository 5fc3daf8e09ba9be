"""The registry (台账): who is where in the organisation, what each school has, and who may see it."""
