"use strict";

// Milliseconds between two looks.
const PAUSE = 1500;
const LINK = /(https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?।)])/;

const list = document.getElementById("messages");
const state = document.getElementById("state");
const filter = document.getElementById("filter");
const input = document.getElementById("to");
const recipients = document.getElementById("recipients");
const seen = new Set();
let shown = "";

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

// Text stays text: only what looks like a web address becomes a link.
function body(text) {
  const paragraph = element("p", "body");
  text.split(LINK).forEach((part, index) => {
    if (index % 2 === 0) {
      paragraph.append(part);
      return;
    }
    const link = element("a", "", part);
    link.href = part;
    link.target = "_blank";
    link.rel = "noopener noreferrer";
    paragraph.append(link);
  });
  return paragraph;
}

function card(message) {
  const item = element("li");
  const about = element("div", "about");
  const to = element("button", "", message.to);
  to.type = "button";
  to.title = "Only this recipient";
  to.addEventListener("click", () => choose(message.to));
  const time = element("time", "", new Date(message.time).toLocaleTimeString());
  time.dateTime = message.time;
  const status = message.error_code ? `${message.status} (${message.error_code})` : message.status;
  const isMail = message.channel === "email";
  const segments = message.segments === 1 ? "1 segment" : `${message.segments} segments`;
  about.append(to, time, element("span", message.status, status), element("span", "", isMail ? "e-mail" : segments));
  about.append(element("span", "", `from ${message.from}`));
  item.append(about);
  if (isMail) {
    const source = element("a", "", "source");
    source.href = `/mails/${message.sid}.eml`;
    about.append(source);
    item.append(element("p", "subject", message.subject));
  }
  item.append(body(message.body));
  return item;
}

function choose(to) {
  input.value = to;
  const address = to ? `?to=${encodeURIComponent(to)}` : location.pathname;
  history.replaceState(null, "", address);
  look();
}

async function look() {
  const to = input.value.trim();
  try {
    const answer = await fetch(`/inbox.json${to ? `?to=${encodeURIComponent(to)}` : ""}`);
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    const text = await answer.text();
    if (to !== input.value.trim()) return;
    state.className = "";
    if (text !== shown) {
      shown = text;
      const { messages } = JSON.parse(text);
      list.replaceChildren(...messages.map(card));
      state.textContent = messages.length
        ? `${messages.length} ${messages.length === 1 ? "message" : "messages"}, newest first`
        : "Nothing yet. Messages appear here by themselves.";
      for (const message of messages) {
        if (seen.has(message.to)) continue;
        seen.add(message.to);
        const option = element("option");
        option.value = message.to;
        recipients.append(option);
      }
    }
  } catch (error) {
    shown = "";
    state.className = "away";
    state.textContent = `The sandbox does not answer (${error.message}). Trying again…`;
  }
}

filter.addEventListener("submit", (event) => event.preventDefault());
filter.addEventListener("reset", (event) => {
  event.preventDefault();
  choose("");
});
input.addEventListener("input", () => choose(input.value.trim()));
input.value = new URLSearchParams(location.search).get("to") ?? "";
look();
setInterval(look, PAUSE);
