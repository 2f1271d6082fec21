"""A support agent that answers an e-mail about an order, or hands it to a person."""
