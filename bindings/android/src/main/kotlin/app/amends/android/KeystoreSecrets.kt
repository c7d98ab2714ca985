/** Where the keys are kept on Android. */
package app.amends.android

import android.content.Context
import android.os.UserManager
import android.security.keystore.KeyGenParameterSpec
import android.security.keystore.KeyProperties
import android.util.AtomicFile
import app.amends.ffi.HostException
import app.amends.ffi.SecretStore
import java.io.File
import java.io.FileNotFoundException
import java.io.IOException
import java.security.GeneralSecurityException
import java.security.KeyStore
import javax.crypto.AEADBadTagException
import javax.crypto.Cipher
import javax.crypto.KeyGenerator
import javax.crypto.SecretKey
import javax.crypto.spec.GCMParameterSpec

private const val PROVIDER = "AndroidKeyStore"
private const val CIPHER = "AES/GCM/NoPadding"
private const val NONCE = 12
private const val TAG_BITS = 128

/**
 * Keeps the library's keys in files that only a key of the Android Keystore opens. That key
 * never leaves this device; the files lie where no backup looks. So a phone that is restored
 * elsewhere has no keys, and is paired again (R32).
 *
 * The keys are there once the phone was unlocked after its start, so that an exchange works
 * while the screen is off.
 */
class KeystoreSecrets(
    private val context: Context,
    private val alias: String = "app.amends.keys",
) : SecretStore {
    private val folder = File(context.noBackupFilesDir, "amends-keys")

    override fun read(name: String): ByteArray? = guarded {
        val sealed = try {
            file(name).readFully()
        } catch (_: FileNotFoundException) {
            return@guarded null
        }
        if (sealed.size <= NONCE) throw HostException.Failed("a key on this phone is damaged")
        val cipher = Cipher.getInstance(CIPHER)
        val nonce = GCMParameterSpec(TAG_BITS, sealed, 0, NONCE)
        cipher.init(Cipher.DECRYPT_MODE, wrappingKey(), nonce)
        cipher.updateAAD(name.toByteArray())
        cipher.doFinal(sealed, NONCE, sealed.size - NONCE)
    }

    override fun write(name: String, secret: ByteArray) = guarded {
        val cipher = Cipher.getInstance(CIPHER)
        cipher.init(Cipher.ENCRYPT_MODE, wrappingKey())
        cipher.updateAAD(name.toByteArray())
        val sealed = cipher.iv + cipher.doFinal(secret)
        folder.mkdirs()
        val file = file(name)
        val stream = file.startWrite()
        try {
            stream.write(sealed)
            // Durable when it returns: it waits for the disk.
            file.finishWrite(stream)
        } catch (error: IOException) {
            file.failWrite(stream)
            throw error
        }
    }

    override fun delete(name: String) = guarded { file(name).delete() }

    private fun file(name: String): AtomicFile {
        // The library's own names: never a way out of the folder.
        if (!name.matches(Regex("[A-Za-z0-9._-]{1,100}")) || name.startsWith(".")) {
            throw HostException.Failed("no such name for a key: $name")
        }
        return AtomicFile(File(folder, name))
    }

    @Synchronized
    private fun wrappingKey(): SecretKey {
        val store = KeyStore.getInstance(PROVIDER).apply { load(null) }
        (store.getKey(alias, null) as SecretKey?)?.let { return it }
        val purposes = KeyProperties.PURPOSE_ENCRYPT or KeyProperties.PURPOSE_DECRYPT
        val spec = KeyGenParameterSpec.Builder(alias, purposes)
            .setBlockModes(KeyProperties.BLOCK_MODE_GCM)
            .setEncryptionPaddings(KeyProperties.ENCRYPTION_PADDING_NONE)
            .setKeySize(256)
            .build()
        val generator = KeyGenerator.getInstance(KeyProperties.KEY_ALGORITHM_AES, PROVIDER)
        generator.init(spec)
        return generator.generateKey()
    }

    private inline fun <T> guarded(work: () -> T): T {
        val users = context.getSystemService(Context.USER_SERVICE) as UserManager
        if (!users.isUserUnlocked) {
            throw HostException.Locked("the keys are locked: unlock the phone and try again")
        }
        return try {
            work()
        } catch (_: AEADBadTagException) {
            throw HostException.Failed("a key on this phone is damaged, or was copied from another")
        } catch (error: GeneralSecurityException) {
            throw HostException.Failed("the keystore says: ${error.message ?: error}")
        } catch (error: IOException) {
            throw HostException.Failed("the keys cannot be reached: ${error.message ?: error}")
        }
    }
}
