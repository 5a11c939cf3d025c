"""The doors beside the uploader: files in use, from a script, on the server, a database."""

from typing import Final

import streamlit as st

from clv.intake.folder import ServerFile
from clv.ui.text import plain
from clv.ui.uploads import (
    Upload,
    choose_files,
    current_uploads,
    make_command,
    offered_files,
    remove_upload,
    script_command,
    take_arrived,
)

_FOLDER: Final = "server_files"


def show_files() -> None:
    """The files in use, each with its size and a button to take it out."""
    for index, upload in enumerate(current_uploads()):
        line = st.container(
            horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
        )
        where = "" if upload.on_server is None else " · on the server"
        line.markdown(
            f"**{plain(upload.name)}** · {size_text(upload.size)}{where}", width="content"
        )
        line.button(
            "Remove",
            key=f"remove_{index}_{upload.path.name}",
            on_click=_remove,
            args=(upload,),
            type="tertiary",
            icon=":material/close:",
            help="Take the file out; a copy that was uploaded is deleted from the server.",
        )


def show_script() -> None:
    """A command for a shell, with a permission for one file, and the look for what it sent."""
    with st.expander("From a script, or for very big files", icon=":material/terminal:"):
        command = script_command()
        if command is None:
            st.button("Make a command for one file", on_click=make_command)
            return
        st.code(command, language="sh", wrap_lines=True)
        st.caption(
            "For one file, within an hour. Put the name of your file in place of orders.csv; this "
            "page takes it in by itself as soon as it is there."
        )
        st.button("Look for it now", on_click=take_arrived, icon=":material/refresh:")


def show_folder() -> None:
    """The files of the server's folder, to be read where they lie. Nothing without a folder."""
    files = {file.name: file for file in offered_files()}
    if not files:
        return
    chosen = [u.name for u in current_uploads() if u.on_server and u.name in files]
    with st.container(border=True):
        st.multiselect(
            "Files on the server",
            list(files),
            chosen,
            key=_FOLDER,
            format_func=lambda name: _offered(files[name]),
            on_change=lambda: choose_files(st.session_state[_FOLDER]),
            placeholder="Choose one or more",
            help="They are read where they are, and not copied or changed.",
        )


def size_text(size: int) -> str:
    """A size for people."""
    if size < 100_000:
        return f"{size / 1e3:,.1f} kB"
    if size >= 1e9:
        return f"{size / 1e9:,.1f} GB"
    return f"{size / 1e6:,.1f} MB" if size < 1e8 else f"{size / 1e6:,.0f} MB"


def _offered(file: ServerFile) -> str:
    return f"{file.name} · {size_text(file.size)} · {file.changed:%d %b %Y}"


def _remove(upload: Upload) -> None:
    remove_upload(upload)
    st.session_state.pop(_FOLDER, None)  # so that the box follows the files in use
