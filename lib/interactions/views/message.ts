/** The page of an error or an end: what it is, what to do, and a reference to tell. */
export const message = `<% layout('@layout') %>
<h1><%= it.title %></h1>
<p><%= it.text %></p>
<% if (it.advice) { %><p><%= it.advice %></p><% } %>
<% if (it.facts.length > 0) { %>
<dl class="facts">
<% for (const [name, value] of it.facts) { %><div><dt><%= name %></dt><dd><bdi><%= value %></bdi></dd></div>
<% } %></dl>
<% } %>
`;

/** The page that asks before a logout. Either button posts core's form. */
export const logout = `<% layout('@layout') %>
<h1><%= it.say('sign_out_question') %></h1>
<p><%~ it.rich('signed_in_at', { name: it.name }) %></p>
<%~ it.form %>
<button class="primary" type="submit" form="op.logoutForm" name="logout" value="yes" autofocus><%= it.say('sign_out') %></button>
<button type="submit" form="op.logoutForm"><%= it.say('stay') %></button>
`;
