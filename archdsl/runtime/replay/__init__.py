"""Record the operators that ran for images of one size, and run them again without modules."""
