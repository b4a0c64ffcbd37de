// Sends the text of the page to examples/08_summarise_page.py and shows the summary as it comes.
const shown = document.getElementById("summary");
const [tab] = await chrome.tabs.query({ active: true, currentWindow: true });
const [{ result }] = await chrome.scripting.executeScript({
  target: { tabId: tab.id },
  func: () => ({ title: document.title, text: document.body.innerText }),
});
const answer = await fetch("http://127.0.0.1:8077/summarise", {
  method: "POST",
  body: JSON.stringify(result),
});
shown.textContent = "";
const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
  shown.textContent += piece.value;
}
