python -m pytest fails_values.py --trace-save traces
tracetf show traces/*.safetensors --only '*.scores'
