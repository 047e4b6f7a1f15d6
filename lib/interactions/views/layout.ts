/** The frame of every page. */
export const layout = `<!DOCTYPE html>
<html lang="<%= it.lang %>" dir="<%= it.direction %>">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title><%= it.title %> · <%= it.name %></title>
<style><%~ it.style %></style>
</head>
<body<% if (it.wide) { %> class="wide"<% } %>>
<header>
<svg viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d="M12 3l7 3v5c0 4.6-2.9 8.4-7 10-4.1-1.6-7-5.4-7-10V6z"/><path d="M9 12l2.2 2.2L15 10.4"/></svg>
<span><%= it.name %></span>
</header>
<main>
<%~ it.body %>
</main>
</body>
</html>
`;

/** The error summary: announced, and what the field in focus is described by. */
export const alert = `<% if (it.alert) { %>
<div class="alert" id="alert" role="alert"><p><%= it.alert %></p></div>
<% } %>`;
