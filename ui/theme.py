"""How the app looks: Gradio's base theme in our colours, system fonts, and a stylesheet on top.

The colours are those of the pages that `publishing` builds. Every pair of text and ground that is
used together has a contrast of at least 4.5 to 1 (WCAG AA) in both schemes.
"""

from pathlib import Path

import gradio as gr
from gradio.themes.utils.colors import Color

STATIC = Path(__file__).parent / "static"

SANS = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"]
MONO = ["ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "Liberation Mono", "monospace"]

INDIGO = Color(
    *("#f2f3fb", "#e3e6f6", "#c8ceee", "#a8b5ff", "#7886d8", "#3f51b5"),
    *("#374799", "#2f3d84", "#27336c", "#1f2855", "#171e40"),
)
PAPER = Color(
    *("#faf8f4", "#f3f0e9", "#dcd7cc", "#c3bdaf", "#8b8778", "#6b6a62"),
    *("#59606c", "#3a404b", "#262a33", "#1c1f26", "#15171c"),
)


def theme() -> gr.themes.Base:
    """The theme object for `launch` or `mount_gradio_app`."""
    base = gr.themes.Base(
        primary_hue=INDIGO,
        neutral_hue=PAPER,
        font=SANS,
        font_mono=MONO,
        radius_size=gr.themes.sizes.radius_md,
        spacing_size=gr.themes.sizes.spacing_md,
        text_size=gr.themes.sizes.text_md,
    )
    return base.set(**_both(LIGHT_AND_DARK), **SAME)


# name: (light, dark)
LIGHT_AND_DARK = {
    "body_background_fill": ("#faf8f4", "#15171c"),
    "body_text_color": ("#1e2229", "#ebe8e2"),
    "body_text_color_subdued": ("#59606c", "#a6adb9"),
    "background_fill_primary": ("#ffffff", "#1c1f26"),
    "background_fill_secondary": ("#f3f0e9", "#22262e"),
    "border_color_primary": ("#dcd7cc", "#31363f"),
    "border_color_accent": ("#3f51b5", "#a8b5ff"),
    "color_accent_soft": ("#e9ebf8", "#262c47"),
    "link_text_color": ("#3f51b5", "#a8b5ff"),
    "link_text_color_hover": ("#2f3d84", "#c8d0ff"),
    "link_text_color_visited": ("#3f51b5", "#a8b5ff"),
    "link_text_color_active": ("#2f3d84", "#c8d0ff"),
    "code_background_fill": ("#f3f0e9", "#22262e"),
    "block_background_fill": ("#ffffff", "#1c1f26"),
    "block_border_color": ("#dcd7cc", "#31363f"),
    "block_label_background_fill": ("#ffffff", "#1c1f26"),
    "block_label_text_color": ("#59606c", "#a6adb9"),
    "block_title_text_color": ("#1e2229", "#ebe8e2"),
    "block_info_text_color": ("#59606c", "#a6adb9"),
    "input_background_fill": ("#faf8f4", "#15171c"),
    "input_border_color": ("#8b8778", "#7c8390"),
    "input_border_color_focus": ("#3f51b5", "#a8b5ff"),
    "input_placeholder_color": ("#59606c", "#a6adb9"),
    "slider_color": ("#3f51b5", "#a8b5ff"),
    "button_primary_background_fill": ("#3f51b5", "#a8b5ff"),
    "button_primary_background_fill_hover": ("#2f3d84", "#c8d0ff"),
    "button_primary_border_color": ("#3f51b5", "#a8b5ff"),
    "button_primary_text_color": ("#ffffff", "#15171c"),
    "button_secondary_background_fill": ("#ffffff", "#262a33"),
    "button_secondary_background_fill_hover": ("#f3f0e9", "#31363f"),
    "button_secondary_border_color": ("#8b8778", "#7c8390"),
    "button_secondary_text_color": ("#1e2229", "#ebe8e2"),
    "error_background_fill": ("#fdf1ef", "#33211f"),
    "error_border_color": ("#a3241b", "#ffb0a6"),
    "error_text_color": ("#a3241b", "#ffb0a6"),
    "error_icon_color": ("#a3241b", "#ffb0a6"),
    "table_text_color": ("#1e2229", "#ebe8e2"),
    "checkbox_background_color": ("#ffffff", "#15171c"),
    "checkbox_background_color_selected": ("#3f51b5", "#a8b5ff"),
    "checkbox_border_color_selected": ("#3f51b5", "#a8b5ff"),
    "checkbox_border_color": ("#8b8778", "#7c8390"),
}

SAME = {
    "block_border_width": "1px",
    "block_label_text_weight": "600",
    "block_title_text_weight": "600",
    "block_shadow": "none",
    "button_primary_border_color_hover": "*button_primary_background_fill_hover",
    "button_border_width": "1px",
    "input_border_width": "1px",
    "button_large_text_weight": "600",
    "button_medium_text_weight": "500",
    "button_large_padding": "0.5rem 1rem",
    "button_medium_padding": "0.4rem 0.8rem",
    "button_transition": "background-color 0.12s",
}


def _both(pairs: dict[str, tuple[str, str]]) -> dict[str, str]:
    """{"a": ("x", "y")} -> {"a": "x", "a_dark": "y"}."""
    light = {name: pair[0] for name, pair in pairs.items()}
    return light | {f"{name}_dark": pair[1] for name, pair in pairs.items()}


def css() -> str:
    """The stylesheet on top of the theme."""
    return (STATIC / "style.css").read_text(encoding="utf-8")


def head() -> str:
    """What goes into the page's head: its little program, and no icon from elsewhere."""
    program = (STATIC / "page.js").read_text(encoding="utf-8")
    return f"<script>{program}</script>"
