"""Prediction: the models of a plan predict the rows of a panel."""
