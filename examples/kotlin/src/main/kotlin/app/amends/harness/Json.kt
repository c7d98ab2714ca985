/** Any value of the library as JSON, with the names that the command line uses. */
package app.amends.harness

import app.amends.model.Id
import app.amends.model.TemplateId
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import java.lang.reflect.Modifier
import java.time.LocalDate
import java.time.LocalTime
import java.time.format.DateTimeFormatter
import kotlin.time.Instant

/** `onTable` and `ON_TABLE` as `on_table`. */
fun snake(name: String): String = when {
    name.any { it.isLowerCase() } -> name.replace(Regex("(?<=.)(?=\\p{Lu})"), "_").lowercase()
    else -> name.lowercase()
}

/** `STALE_VIEW` as `StaleView`. */
fun pascal(value: Enum<*>): String =
    value.name.split('_').joinToString("") { it.lowercase().replaceFirstChar(Char::uppercase) }

/** An object of a sealed class, `ThirdPartyContact`, as `third_party_contact`. */
fun code(value: Any): String = snake(value.javaClass.simpleName)

fun json(value: Any?): JsonElement = when (value) {
    null -> JsonNull
    is JsonElement -> value
    is String -> JsonPrimitive(value)
    is Boolean -> JsonPrimitive(value)
    is Number -> JsonPrimitive(value)
    is UByte, is UShort, is UInt, is ULong -> JsonPrimitive(value.toString().toLong())
    is Enum<*> -> JsonPrimitive(snake(value.name))
    is Instant, is LocalDate, is Id -> JsonPrimitive(value.toString())
    is LocalTime -> JsonPrimitive(value.format(DateTimeFormatter.ISO_LOCAL_TIME))
    is TemplateId -> JsonPrimitive(if (value is TemplateId.Own) value.v1.value else "week")
    is List<*> -> JsonArray(value.map(::json))
    is Map<*, *> -> JsonObject(value.entries.associate { it.key.toString() to json(it.value) })
    else -> record(value)
}

private fun record(value: Any): JsonElement {
    val fields = value.javaClass.declaredFields.filterNot { Modifier.isStatic(it.modifiers) }
    // An object of a sealed class has no fields and is its name.
    if (fields.isEmpty()) return JsonPrimitive(code(value))
    return JsonObject(fields.associate {
        it.isAccessible = true
        snake(it.name) to json(it.get(value))
    })
}

/** An object of these names and values. */
fun json(vararg fields: Pair<String, Any?>): JsonObject =
    JsonObject(fields.associate { (name, value) -> name to json(value) })
