"""The app in the browser: one module per tab, and what the tabs share.

Nothing leaves the machine: the switches below are read when gradio and huggingface_hub are
imported, so they stand where every import of `ui.something` passes first.
"""

import os

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["GRADIO_SHARE"] = "False"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
