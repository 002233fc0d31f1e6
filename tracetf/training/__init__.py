"""The paper's training, section 5: teacher forcing, Adam, warm-up, label smoothing."""
