// Shows what is new as it comes. Without this script the page reloads itself.
(() => {
    const refresh = async () => {
        const answer = await fetch(location.href, { cache: "no-store" });
        const page = new DOMParser().parseFromString(
            await answer.text(), "text/html");
        const main = page.querySelector("main");
        if (main) {
            document.querySelector("main").replaceChildren(...main.children);
        }
    };

    const source = new EventSource("/phone/changes");
    let seen = false;

    // after a lost connection something may have been missed
    source.onopen = () => {
        if (seen) {
            refresh();
        }
        seen = true;
    };
    source.onmessage = refresh;
})();
