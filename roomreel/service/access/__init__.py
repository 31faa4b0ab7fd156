"""The account, its keys, and who may do which things by them."""
