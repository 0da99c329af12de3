"""Models: files of trained models, their descriptions, and predictions on new rows."""
