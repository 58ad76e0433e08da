// Sends the request of plain.html and shows the answer. Must not name any other host.
"use strict";

const form = document.getElementById("request");
const query = document.getElementById("query");
const variables = document.getElementById("variables");
const answer = document.getElementById("answer");

const asked = new URLSearchParams(location.search);
query.value = asked.get("query") ?? query.value;
variables.value = asked.get("variables") ?? variables.value;

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  let values;
  try {
    values = JSON.parse(variables.value.trim() || "{}");
  } catch (error) {
    answer.textContent = `Les variables ne sont pas du JSON. · The variables are not JSON.\n${error.message}`;
    variables.focus();
    return;
  }
  answer.textContent = "…";
  try {
    const response = await fetch("/graphql", {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/graphql-response+json, application/json;q=0.9",
      },
      body: JSON.stringify({ query: query.value, variables: values }),
    });
    answer.textContent = JSON.stringify(await response.json(), null, 2);
  } catch (error) {
    answer.textContent = `Le serveur n’a pas répondu. · The server did not answer.\n${error.message}`;
  }
});

query.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    form.requestSubmit();
  }
});
