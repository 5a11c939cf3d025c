"""The recipe: what was decided about a file, used on the next one, kept, loaded and shared."""

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from clv.errors import CLVError, InvalidMapping
from clv.intake.recipe import MAX_BYTES, Recipe
from clv.intake.sources import RawTable
from clv.ui import decisions
from clv.ui.downloads import download_button
from clv.ui.text import plain, show_refusal


def show_taken(raw: RawTable) -> None:
    """Says that the recipe of an earlier file is in force, what differs, and the way back."""
    found = decisions.taken(raw)
    if found is None:
        return
    name = plain(found.recipe.name or "an earlier file")
    differs = "".join(f"\n- {plain(sentence)}" for sentence in found.differences)
    if found.offered:
        st.warning(
            f"This file has the columns of **{name}**, but its recipe does not fit:{differs}",
            icon=":material/receipt_long:",
        )
        st.button("Use it all the same", on_click=_use, args=(raw, found.recipe))
        return
    does = "".join(f"\n- {plain(sentence)}" for sentence in found.recipe.in_words())
    text = f"What differs:{differs}" if differs else "Columns and formats are the same."
    text += f"\n\nIt also does this:{does}" if does else ""
    st.info(f"Read with the recipe of **{name}**. {text}", icon=":material/receipt_long:")
    st.button("Start afresh", on_click=decisions.start_afresh, args=(raw,), icon=":material/undo:")


def show_recipe(raw: RawTable, recipe: Recipe) -> None:
    """Keep what was decided, or take what was decided elsewhere."""
    st.markdown(
        "Columns, formats, rules, fixes and merges are one small file. Use it on the next export, "
        "give it to a colleague, or to the command line."
    )
    with st.container(horizontal=True):
        download_button(
            "Save the recipe",
            recipe.to_json(),
            "recipe.json",
            "application/json",
            on_click="ignore",
            icon=":material/download:",
        )
        if decisions.can_remember():
            st.button(
                "Remember it for the next file",
                on_click=_remember,
                args=(recipe,),
                icon=":material/bookmark_add:",
                help="A later file with the same columns is then read this way by itself. Kept on "
                "the computer that runs this app, with the fixes and merged ids in it.",
            )
    for kept in decisions.remembered(raw):
        _remembered(kept)
    with st.expander("Use a saved recipe", icon=":material/upload_file:"):
        turn = st.session_state.setdefault("recipe_upload", 0)
        key = f"recipe_file_{turn}"
        st.file_uploader(
            "Recipe",
            type="json",
            key=key,
            on_change=_load,
            args=(raw, key),
            max_upload_size=MAX_BYTES // 1_000_000,
        )
        error = st.session_state.pop("recipe_refused", None)
        if isinstance(error, CLVError):
            show_refusal(error)


def _remembered(kept: decisions.Kept) -> None:
    """A recipe that files like this one are read with by themselves, and how to end that."""
    line = st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    )
    name = plain(kept.recipe.name or "an earlier file")
    line.markdown(
        f":material/bookmark: Remembered for files with these columns: the recipe of **{name}**, "
        f"kept on {kept.written:%d %b %Y at %H:%M}",
        width="content",
    )
    line.button(
        "Forget it",
        key=f"forget_{kept.path.name}",
        on_click=_forget,
        args=(kept,),
        type="tertiary",
        icon=":material/bookmark_remove:",
        help="The next file with these columns is then read afresh. This one stays as it is.",
    )


def _forget(kept: decisions.Kept) -> None:
    decisions.forget(kept)
    st.toast("Forgotten. The next file with these columns is read afresh.")


def _remember(recipe: Recipe) -> None:
    decisions.remember(recipe)
    st.toast("Remembered. A file with the same columns will be read this way.")


def _use(raw: RawTable, recipe: Recipe) -> None:
    try:
        decisions.use(raw, recipe)
    except CLVError as error:
        st.session_state["recipe_refused"] = error


def _load(raw: RawTable, key: str) -> None:
    file = st.session_state.get(key)
    if not isinstance(file, UploadedFile):
        return
    st.session_state["recipe_upload"] += 1
    try:
        _use(raw, Recipe.from_json(_text(file)))
    except CLVError as error:
        st.session_state["recipe_refused"] = error


def _text(file: UploadedFile) -> str:
    try:
        return file.getvalue().decode("utf-8") if file.size <= MAX_BYTES else ""
    except UnicodeDecodeError:
        raise InvalidMapping(
            "This is not a saved recipe.", "Choose a JSON file that was saved here."
        ) from None
