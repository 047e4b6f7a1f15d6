/** Something went wrong, or is over: what, what to do, and a reference to tell. */
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

/** Core's form is posted by either button. */
export const logout = `<% layout('@layout') %>
<h1>Sign out?</h1>
<p>You are signed in at <bdi><%= it.name %></bdi>.</p>
<%~ it.form %>
<button class="primary" type="submit" form="op.logoutForm" name="logout" value="yes" autofocus>Sign out</button>
<button type="submit" form="op.logoutForm">Stay signed in</button>
`;
