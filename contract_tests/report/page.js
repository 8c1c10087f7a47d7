// A link to a promise opens it, also one that is closed; a printed page shows what is broken.
function openTarget() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target) {
    target.open = true;
    target.scrollIntoView();
  }
}
addEventListener("hashchange", openTarget);
addEventListener("beforeprint", () => document.querySelectorAll("details.broken").forEach((found) => { found.open = true; }));
openTarget();
