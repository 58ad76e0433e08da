// Starts GraphiQL on this server's own /graphql. Must not name any other host.
// The page around it: graphiql.html.
"use strict";

const welcome = `# Bienvenue dans l'API de Parvis.
# Écrivez une requête ici, puis lancez-la avec le bouton ▶ ou Ctrl-Entrée.
# Ctrl-Espace complète ; le livre, à gauche, ouvre la documentation.
#
# Welcome to the Parvis API.
# Write a query here, then run it with the ▶ button or Ctrl-Enter.
# Ctrl-Space completes; the book on the left opens the documentation.

query Bonjour {
  campaigns(first: 5) {
    nodes { code title currentPhase }
  }
}
`;

const asked = new URLSearchParams(location.search);
const fetcher = async (request, options = {}) => {
  const answer = await fetch("/graphql", {
    method: "POST",
    headers: {
      ...options.headers,
      "content-type": "application/json",
      accept: "application/graphql-response+json, application/json;q=0.9",
    },
    body: JSON.stringify(request),
  });
  return answer.json();
};

ReactDOM.createRoot(document.getElementById("explorer")).render(
  React.createElement(GraphiQL, {
    fetcher,
    defaultQuery: welcome,
    query: asked.get("query") ?? undefined,
    variables: asked.get("variables") ?? undefined,
    shouldPersistHeaders: false,
  }),
);
