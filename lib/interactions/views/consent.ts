/** The client that asks, and links to read more about it. */
export const client = `<% if (it.client.links.length > 0) { %>
<ul class="links" aria-label="<%= it.say('about_application') %>">
<% for (const { href, text } of it.client.links) { %>
<li><a href="<%= href %>" target="_blank" rel="noopener noreferrer"><%= text %></a></li>
<% } %>
</ul>
<% } %>`;

/** The consent form: the payment, or whatever else the request is for, stands before what every application asks. */
export const consent = `<% layout('@layout') %>
<h1><%= it.say('allow_access') %></h1>
<p><%~ it.login ? it.rich('asks_account', { client: it.client.name, login: it.login }) : it.rich('asks', { client: it.client.name }) %></p>
<%~ include('@alert', it) %>
<% if (it.told.length) { %>
<dl class="facts">
<% for (const [label, value] of it.told) { %><div><dt><%= label %></dt><dd><bdi><%= value %></bdi></dd></div>
<% } %></dl>
<% } %>
<form method="post">
<input type="hidden" name="token" value="<%= it.token %>">
<%~ include('@authorizationDetails', it) %>
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
<label class="box"><input id="ask_again" name="ask_again" type="checkbox" value="yes"<% if (it.askAgain) { %> checked<% } %>> <span><%= it.say('ask_again') %></span></label>
<button id="continue" type="submit" name="action" value="continue"><%= it.say('allow') %></button>
<button id="abort" type="submit" name="action" value="abort" formnovalidate><%= it.say('deny') %></button>
</form>
<p class="note"><%~ it.rich('go_back', { place: it.client.returnsTo }) %></p>
<%~ include('@client', it) %>
`;
