// Shows the OpenAPI document on its page. Nothing is fetched from elsewhere, and no validator is asked.
const place = document.getElementById("api-reference");
window.SwaggerUIBundle({
  url: place.dataset.document,
  domNode: place,
  validatorUrl: null,
  deepLinking: true,
  supportedSubmitMethods: ["get", "post", "delete"],
});
