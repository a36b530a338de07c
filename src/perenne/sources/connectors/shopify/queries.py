"""What is asked of Shopify: bulk queries, and the operations around them.

A bulk query may not have a connection inside a list: refunds therefore come without their lines,
and the order tells how much of them is shipping.
"""

from string import Template

SHOP = "{ shop { name } currentAppInstallation { accessScopes { handle } } }"

ALL_ORDERS = "read_all_orders"
SCOPES = ("read_orders", ALL_ORDERS, "read_customers", "read_products", "read_inventory")
"""What the app must have been granted."""

RUN = """
mutation ($query: String!) {
  bulkOperationRunQuery(query: $query, groupObjects: true) {
    bulkOperation { id status }
    userErrors { field message code }
  }
}
"""

RUNNING = """
{ bulkOperations(first: 10, query: "operation_type:query") { nodes { id status } } }
"""

LOOK = """
query ($id: ID!) {
  bulkOperation(id: $id) { id status errorCode url objectCount rootObjectCount }
}
"""

_MONEY = "{ shopMoney { amount currencyCode } }"
_PLACE = "{ address1 zip city province countryCodeV2 company phone }"

ORDERS = Template(
    f"""
{{ orders(query: "updated_at:>='$start' updated_at:<'$end'", sortKey: UPDATED_AT) {{
  edges {{ node {{
  __typename id legacyResourceId name createdAt updatedAt cancelledAt test
  displayFinancialStatus currencyCode taxesIncluded email phone tags discountCodes
  subtotalPriceSet {_MONEY} totalDiscountsSet {_MONEY} totalShippingPriceSet {_MONEY}
  totalTaxSet {_MONEY} totalPriceSet {_MONEY} totalRefundedSet {_MONEY}
  totalRefundedShippingSet {_MONEY} totalReceivedSet {_MONEY} totalOutstandingSet {_MONEY}
  customAttributes {{ key value }}
  customerJourneySummary {{ lastVisit {{ utmParameters {{ source medium }} }} }}
  customer {{ legacyResourceId }}
  shippingAddress {{ countryCodeV2 }} billingAddress {{ countryCodeV2 }}
  refunds {{ legacyResourceId createdAt note totalRefundedSet {_MONEY} }}
  lineItems {{ edges {{ node {{
    __typename id name sku quantity currentQuantity isGiftCard requiresShipping
    originalTotalSet {_MONEY} discountedTotalSet(withCodeDiscounts: true) {_MONEY}
    taxLines {{ priceSet {_MONEY} }}
    product {{ productType }}
  }} }} }}
}} }} }} }}
"""
)

CUSTOMERS = Template(
    f"""
{{ customers(query: "updated_at:>='$start' updated_at:<'$end'", sortKey: UPDATED_AT) {{
  edges {{ node {{
  __typename id legacyResourceId createdAt updatedAt firstName lastName tags
  numberOfOrders amountSpent {{ amount currencyCode }}
  defaultEmailAddress {{ emailAddress marketingState marketingOptInLevel marketingUpdatedAt }}
  defaultPhoneNumber {{ phoneNumber smsMarketingConsent {{ state updatedAt }} }}
  defaultAddress {_PLACE}
}} }} }} }}
"""
)

PRODUCTS = Template(
    """
{ productVariants(query: "updated_at:>='$start' updated_at:<'$end'") { edges { node {
  __typename id legacyResourceId sku displayName price inventoryQuantity updatedAt
  inventoryItem { unitCost { amount currencyCode } }
  product { productType vendor status isGiftCard }
} } } }
"""
)
