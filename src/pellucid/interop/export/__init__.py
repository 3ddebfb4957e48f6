"""A trained model in the forms that other tools open; ``registry`` lists them."""
