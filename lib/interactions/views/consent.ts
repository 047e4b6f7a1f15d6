/** Who asks, and where to read more about them. */
export const client = `<% if (it.client.links.length > 0) { %>
<ul class="links" aria-label="About the application">
<% for (const { href, text } of it.client.links) { %>
<li><a href="<%= href %>" target="_blank" rel="noopener noreferrer"><%= text %></a></li>
<% } %>
</ul>
<% } %>`;

/** May they? */
export const consent = `<% layout('@layout') %>
<h1>Allow access?</h1>
<p><bdi><%= it.client.name %></bdi> asks for the following<% if (it.login) { %> from your account <bdi><%= it.login %></bdi><% } %>.</p>
<%~ include('@alert', it) %>
<% for (const { heading, items } of it.groups) { %>
<% if (heading) { %><h2><%= heading %></h2><% } %>
<ul class="asks">
<% for (const { text, detail, fields } of items) { %>
<li><%= text %><% if (detail) { %><small><%= detail %></small><% } %>
<% if (fields?.length) { %>
<dl>
<% for (const [name, value] of fields) { %><div><dt><%= name %></dt><dd><bdi><%= value %></bdi></dd></div>
<% } %></dl>
<% } %></li>
<% } %>
</ul>
<% } %>
<form method="post">
<input type="hidden" name="token" value="<%= it.token %>">
<%~ include('@authorizationDetails', it) %>
<button id="continue" type="submit" name="action" value="continue">Allow</button>
<button id="abort" type="submit" name="action" value="abort" formnovalidate>Deny</button>
</form>
<p class="note">You go back to <bdi><%= it.client.returnsTo %></bdi> either way.</p>
<%~ include('@client', it) %>
`;
